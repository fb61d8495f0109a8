# shellcheck shell=dash
# What the jobs of tests/devicetree have in common. HOP is how many kernels have run before this one.

HOP=$(sed -n 's/.* hop=\([0-9]*\).*/\1/p' /proc/cmdline)
HOP=${HOP:-0}

# What this kernel was given, and what it hands on
tell() {
	cd /sys/firmware || return
	[ ! -e fdt ] || send "fdt-$HOP" fdt
	for m in $(cd memmap && ls | sort -n); do
		echo "$(cat "memmap/$m/start") $(cat "memmap/$m/end") $(cat "memmap/$m/type")"
	done >/tmp/memmap
	send "memmap-$HOP" /tmp/memmap
	cat /proc/iomem >/tmp/iomem
	send "iomem-$HOP" /tmp/iomem
	send "boot_params-$HOP" /sys/kernel/boot_params/data
	cd /
	# flash, and a disk, if the tree describes one
	for d in /dev/mtdblock0 "$(disk tree)"; do
		[ -b "$d" ] && say "device-$HOP $(head -c 16 "$d")"
	done
}

# Start this kernel anew: by kexec_file_load(2), or by a newer kexec with kexec_load(2) and the tree. The way is a word of LOADS,
# one after the other.
hop() {
	# shellcheck disable=SC2086
	set -- $LOADS
	shift $((HOP % $#))
	load "$1" -l
	kexec -e
	sleep 60
}

load() { # way, kind, more parameters
	case $1 in
	file) set -- "kexec -s" "$2" "$3" ;;
	load) set -- "$newer/lib64/ld-linux-x86-64.so.2 --library-path $newer/usr/lib/x86_64-linux-gnu $newer/usr/sbin/kexec \
		-c -t bzImage --dtb=/sys/firmware/fdt" "$2" "$3" ;;
	esac
	cat "$(disk kernel)" >/tmp/kernel
	cat "$(disk initrd)" >/tmp/initrd
	$1 "$2" /tmp/kernel --initrd=/tmp/initrd --append="$(sed 's/ *hop=[0-9]*//' /proc/cmdline) hop=$((HOP + 1)) $3" ||
		verdict "no kernel is loaded"
	rm /tmp/kernel /tmp/initrd
}

newer=/newer
mkdir -p $newer
(cd $newer && cpio -i -d <"$(disk newer)" 2>/dev/null)
