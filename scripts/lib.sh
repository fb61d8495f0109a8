# shellcheck shell=bash
# Sourced by the other scripts.
# shellcheck disable=SC2034

# make hands its own flags, and the variables of its command line, on to every make below it.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL
# Debian's own tools first: only those are sure to find the Python modules of Debian's packages.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export LC_ALL=C.UTF-8 TZ=UTC

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$repo/build
tree=$build/tree
base_tree=$build/base-tree
patches=$repo/patches/v6.1
topics_file=$patches/topics
cache=${SAFESTOP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/safestop}
mkdir -p "$build" "$cache"
cache=$(cd "$cache" && pwd -P)

say() { printf 'safestop: %s\n' "$*"; }
die() { say "$@" >&2; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# The value of a key of base/v6.1.
pinned() { sed -n "s/^$1=//p" "$repo/base/v6.1"; }

topics() { if [ -f "$topics_file" ]; then sed 's/#.*//' "$topics_file" | awk 'NF { print $1 }'; fi; }

# The folder in tests/ that holds the tests of a topic.
topic_tests() { if [ -f "$topics_file" ]; then awk -v topic="$1" '$1 == topic { print $2 }' "$topics_file"; fi; }

# The patches of a topic, without its cover letter.
topic_patches() { find "$patches/$1" -name '[0-9]*.patch' ! -name '0000-*' | sort; }

# What the user has configured for git must change neither the trees nor the patches.
plain_git() { GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -c core.hooksPath=/dev/null "$@"; }

# Says what a directory's git is in the middle of, or nothing.
git_busy() {
	local state
	for state in rebase-merge rebase-apply MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD; do
		if [ -e "$(git -C "$1" rev-parse --path-format=absolute --git-path $state)" ]; then
			echo "$state"
			return
		fi
	done
}

# What build/tree is made from: the base, the patches and the topic asked for.
tree_stamp() {
	(cd "$patches" && find . -type f | sort | xargs -r sha256sum && git -C "$tree" rev-parse base && echo "$1") |
		sha256sum | cut -d ' ' -f 1
}

# worktree NAME COMMIT: has build/NAME at that commit of build/tree.
worktree() {
	local commit dir=$build/$1
	commit=$(git -C "$tree" rev-parse "$2^{commit}")
	# without a .git of its own it would be this repository that git looks at
	if [ -e "$dir/.git" ] && [ "$(git -C "$dir" rev-parse --git-common-dir 2>/dev/null)" = "$tree/.git" ]; then
		[ "$(git -C "$dir" rev-parse HEAD)" = "$commit" ] || plain_git -C "$dir" checkout -q --detach "$commit"
	else
		say "making build/$1"
		rm -rf "$dir"
		plain_git -C "$tree" worktree prune
		plain_git -C "$tree" worktree add -q --detach "$dir" "$commit"
	fi
}

# Builds targets of a kernel: kmake SOURCE OUT TARGET... Needs set_arch.
kmake() {
	local source=$1 out=$2 compiler=("CROSS_COMPILE=$cross" "CC=ccache ${cross}gcc")
	shift 2
	[ "$cross" != clang ] || compiler=(LLVM=1)
	CCACHE_DIR=$cache/ccache CCACHE_BASEDIR=$repo CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=5G \
		make -C "$source" O="$out" ARCH="$karch" "${compiler[@]}" HOSTCC='ccache gcc' \
		LOCALVERSION= KBUILD_BUILD_TIMESTAMP='2022-12-11 00:00:00 UTC' KBUILD_BUILD_VERSION=1 \
		KBUILD_BUILD_USER=safestop KBUILD_BUILD_HOST=safestop -j"$(($(nproc) + 1))" "$@"
}

# Keeps the output of a build in a file, and tells now and then how far it is.
progress() {
	local line count=0 next=$((SECONDS + 30))
	while IFS= read -r line; do
		printf '%s\n' "$line" >&3
		if [[ $line == *.o ]]; then count=$((count + 1)); fi
		if [ "$SECONDS" -ge "$next" ]; then
			say "$2: $count objects after $SECONDS s"
			next=$((SECONDS + 30))
		fi
	done 3>"$1"
}

# set_arch NAME: reads arches/NAME.
set_arch() {
	arch=$1 user=''
	[[ $arch =~ ^[a-z0-9_]+$ && -f $repo/arches/$arch ]] || die "ARCH=$arch is not one of $(cd "$repo/arches" && echo *)"
	# shellcheck source=arches/x86_64
	. "$repo/arches/$arch"
}
