from conftest import control


@control("it goes wrong", arch=["no such architecture"])
def test_never_on_the_base(kernel):
    pass
