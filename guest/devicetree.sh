# shellcheck shell=dash
# What the jobs of tests/devicetree have in common. HOP is how many kernels have run before this one.

HOP=$(sed -n 's/.* hop=\([0-9]*\).*/\1/p' /proc/cmdline)
HOP=${HOP:-0}

# What this kernel was given, and what it hands on
tell() {
	cd /sys/firmware || return
	[ ! -e fdt ] || send "fdt-$HOP" fdt
	m=0
	while [ -e memmap/$m ]; do
		echo "$(cat memmap/$m/start) $(cat memmap/$m/end) $(cat memmap/$m/type)"
		m=$((m + 1))
	done >/tmp/memmap
	send "memmap-$HOP" /tmp/memmap
	cat /proc/iomem >/tmp/iomem
	send "iomem-$HOP" /tmp/iomem
	send "boot_params-$HOP" /sys/kernel/boot_params/data
	cd /
	# flash or a ROM, which only the tree describes
	[ ! -b /dev/mtdblock0 ] || send "device-$HOP" /dev/mtdblock0
	# what the kernel before this one has left in memory that the tree reserves
	[ ! -e /sys/fs/pstore/pmsg-ramoops-0 ] || send "pmsg-$HOP" /sys/fs/pstore/pmsg-ramoops-0
	[ ! -e /dev/pmsg0 ] || echo "$NONCE of kernel $HOP" >/dev/pmsg0
	mount -t securityfs securityfs /sys/kernel/security
	grep boot_aggregate /sys/kernel/security/ima/ascii_runtime_measurements >/tmp/measured
	send "measured-$HOP" /tmp/measured
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
	flag) set -- "env LD_PRELOAD=/job/kexec_flags.so kexec -s" "$2" "$3" ;;
	file) set -- "kexec -s" "$2" "$3" ;;
	load) set -- "$(echo $newer/lib*/ld-linux*) --library-path $(echo $newer/usr/lib/*-linux-gnu) $newer/usr/sbin/kexec \
		-c -t bzImage --dtb=/sys/firmware/fdt" "$2" "$3" ;;
	esac
	cat "$(disk kernel)" >/tmp/kernel
	cat "$(disk initrd)" >/tmp/initrd
	$1 "$2" /tmp/kernel --initrd=/tmp/initrd --append="$(sed 's/ *hop=[0-9]*//' /proc/cmdline) hop=$((HOP + 1)) $PARAMETERS $3" ||
		verdict "the kernel is not loaded"
	rm /tmp/kernel /tmp/initrd
}

newer=/newer
mkdir -p $newer
(cd $newer && cpio -i -d <"$(disk newer)" 2>/dev/null)
