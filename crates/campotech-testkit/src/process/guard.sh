# Makes a directory below $1, prints it, and reads lines "PID START" until its input ends: then the test is gone.
# Ends these processes with all below them, and removes the directory.
# The test may be gone before it hears where the directory is.
trap '' HUP INT PIPE TERM
umask 077
dir=$(mktemp -d "$1/campotech-XXXXXXXX" 2>/dev/null || mktemp -d /tmp/campotech-XXXXXXXX) || exit 1
echo "$dir"
exec >/dev/null

# State, parent and start of process $1; a start that differs is another process with the same number.
look() {
    IFS= read -r line <"/proc/$1/stat" || return 1
    fields ${line##*) }
}
fields() {
    state=$1 parent=$2
    shift 19
    born=$1
}
lives() {
    look "${1%:*}" && [ "$born" = "${1#*:}" ] && [ "$state" != Z ]
}
# Waits until process $1 is in a state of $2, or gone.
settle() {
    tries=0
    while lives "$1"; do
        case $2 in *"$state"*) return ;; esac
        tries=$((tries + 1))
        [ "$tries" -lt 1000 ] || return
        [ "$tries" -lt 20 ] || sleep 0.01
    done
}
stop() {
    kill -STOP "${1%:*}"
    settle "$1" Tt
    tree="$tree $1"
}

told=
while read -r pid start; do told="$told $pid:$start"; done

tree=
for process in $told; do
    if lives "$process"; then stop "$process"; fi
done
# Parents are stopped before their children are listed, so that none is born behind our back.
more=$tree
while [ -n "$more" ]; do
    more=
    for file in /proc/[0-9]*/stat; do
        pid=${file#/proc/}
        pid=${pid%/stat}
        look "$pid" || continue
        [ "$state" != Z ] || continue
        case " $tree " in *" $pid:$born "*) continue ;; esac
        case " $tree" in *" $parent:"*) stop "$pid:$born"; more=1 ;; esac
    done
done
for process in $tree; do
    if lives "$process"; then kill -KILL "${process%:*}"; fi
done
for process in $tree; do settle "$process" -; done

# PostgreSQL marks its data directory by a segment of shared memory, which outlives a process that was killed.
while read -r _ segment _ _ maker _ users _; do
    case "$told$tree " in *" $maker:"*) [ "$users" != 0 ] || ipcrm -m "$segment" ;; esac
done </proc/sysvipc/shm
cd / && rm -rf -- "$dir"
[ ! -e "$dir" ]
