# What the verbs do is in scripts/ and vm/, which are given these variables as arguments.
unexport ARCH FLAVOR VARIANT LEVEL DEBUG MATRIX LIMIT T TOPIC LINUX

.DEFAULT_GOAL := help
.PHONY: help setup tree kernel guest export run shell check check-arches check-debian bench bisect lint

# the tests have a make of their own, for modules, which must not get this one's flags
python := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL /usr/bin/python3
arch := $(or $(ARCH),x86_64)

help:
	@echo 'make run      show in a guest what a topic does; by default, how a kernel panics and dumps'
	@echo 'make shell    a shell in a guest with a crash kernel loaded'
	@echo 'make check    build all kernels and run all tests'
	@echo
	@echo 'make setup    install the Debian packages that the rest needs'
	@echo 'make tree     the kernel with the series, a commit a patch, in build/tree; with LINUX=... in that tree'
	@echo 'make kernel   build it, in build/out/ARCH-FLAVOR-VARIANT'
	@echo 'make guest    the initramfs of the guests, build/guest-ARCH.cpio'
	@echo 'make export   write the commits of build/tree to patches/'
	@echo
	@echo 'make lint     checkpatch, sparse, W=1, shellcheck and the documentation'
	@echo 'make bisect   build and boot every commit of the series, put it to sleep, crash it'
	@echo 'make bench    what the series costs and saves against the base; T=name: only bench/NAME.py'
	@echo 'make check-arches  compile what is touched for all architectures, boot arm, ppc64le, s390x and um'
	@echo 'make check-debian  systemctl suspend in a Debian 12 with systemd, with the kernel of the series'
	@echo
	@echo 'TOPIC=name          run: the topic to show; tree, check, bisect: that topic alone on the base'
	@echo '                    (a folder of patches/v6.1)'
	@echo 'ARCH=x86_64|arm64   the architecture (x86_64); check, lint and bisect do both'
	@echo 'LEVEL=0..4          run, shell: panic_notifiers_level of the guest (2)'
	@echo 'FLAVOR=series|base  kernel: with or without the series (series)'
	@echo 'VARIANT=name        kernel, bisect: a file of variants/ (default)'
	@echo 'T=expr              check: only the tests that match, as in pytest -k'
	@echo 'DEBUG=1             check: with kernels that have lockdep, KASAN and other checks'
	@echo 'MATRIX=all          check: every crashkernel= on every machine'
	@echo 'LIMIT=minutes       check: begin no test after that; what has not run is skipped, and counted'
	@echo 'LINUX=path          tree: a git tree of Linux 6.1 to apply the series to, on a new branch'
	@echo 'ACCEL=tcg|kvm       how QEMU runs the guests (tcg)'
	@echo 'SAFESTOP_CACHE=dir  where downloads and ccache are ($${XDG_CACHE_HOME:-~/.cache}/safestop)'

setup:
	@scripts/setup
tree: $(if $(LINUX),,setup)
	@LINUX='$(LINUX)' TOPIC='$(TOPIC)' scripts/tree
export:
	@scripts/export
kernel: tree
	@scripts/kernel $(arch) $(or $(FLAVOR),series) $(VARIANT)
guest: tree
	@scripts/guest $(arch)
# these show a topic of the whole series
run: setup
	@scripts/tree
	@$(python) -m vm.run '$(TOPIC)' '$(ARCH)' '$(LEVEL)'
shell: setup
	@scripts/tree
	@$(python) -m vm.shell '$(ARCH)' '$(LEVEL)'
bench: tree
	@scripts/bench $(T)
check:
	@scripts/check T='$(T)' TOPIC='$(TOPIC)' DEBUG='$(DEBUG)' MATRIX='$(MATRIX)' LIMIT='$(LIMIT)'
lint: tree
	@scripts/lint
bisect: tree
	@ARCH='$(ARCH)' TOPIC='$(TOPIC)' VARIANT='$(VARIANT)' scripts/bisect
check-debian:
	@scripts/check-debian
check-arches:
	@TOPIC='$(TOPIC)' scripts/check-arches
