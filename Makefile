# What the verbs do is in scripts/; their variables reach it through the environment.

.DEFAULT_GOAL := help
.PHONY: help setup tree kernel guest export run shell check check-arches check-debian bench bisect lint

# the tests have a make of their own, for modules, which must not get this one's flags
python := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL /usr/bin/python3

help:
	@echo 'make setup    install the Debian packages that the rest needs'
	@echo 'make tree     the kernel with the series, a commit per patch, in build/tree; with LINUX=... in that tree'
	@echo 'make kernel   build it, in build/out/ARCH-series (FLAVOR=base: the kernel without the series)'
	@echo 'make guest    the initramfs of the guests, build/guest-ARCH.cpio'
	@echo 'make run      crash a guest and show in which order things ran'
	@echo 'make shell    a shell in a guest'
	@echo 'make check    build all kernels and run all tests'
	@echo 'make bench    what the series costs and saves against the base; T=name: only that file of bench/'
	@echo 'make lint     checkpatch, sparse, W=1 and shellcheck'
	@echo 'make bisect   build, boot and crash every commit of the series'
	@echo 'make check-arches  compile what is touched for all architectures, boot arm, ppc64le, s390x and um (1 hour)'
	@echo 'make check-debian  systemctl suspend in a Debian 12 with systemd, with the kernel of the series'
	@echo 'make export   write the commits of build/tree to patches/'
	@echo
	@echo 'ARCH=x86_64|arm64   the architecture (x86_64); check, lint and bisect do both'
	@echo 'LEVEL=0..4          panic_notifiers_level of the guest (2)'
	@echo 'ACCEL=tcg|kvm       how QEMU runs the guest (tcg)'
	@echo 'T=expr              check only the tests that match, as in pytest -k'
	@echo 'LINUX=path          a git tree of Linux 6.1 to apply the series to, on a new branch'
	@echo 'TOPIC=name          only this topic of patches/v6.1/series, for tree and bisect'
	@echo 'MATRIX=all          check every crashkernel= on every machine (half an hour more)'
	@echo 'DEBUG=1             a kernel with lockdep, KASAN and other checks'
	@echo 'SAFESTOP_CACHE=dir  where downloads and ccache are ($${XDG_CACHE_HOME:-~/.cache}/safestop)'

setup:
	@scripts/setup
tree: $(if $(LINUX),,setup)
	@scripts/tree
export:
	@scripts/export
kernel: tree
	@scripts/kernel
guest: tree
	@scripts/guest
run: kernel guest
	@$(python) -m vm.run
shell: kernel guest
	@$(python) -m vm.shell
bench: tree
	@scripts/bench
check:
	@scripts/check
lint: tree
	@scripts/lint
bisect: tree
	@scripts/bisect
check-debian:
	@scripts/check-debian
check-arches:
	@scripts/check-arches
