def test_without_a_control():
    pass
