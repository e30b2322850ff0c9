# Before the agent: what it would set for the whole machine are files here, as for the kubelet.
#   mounts.sh DIRECTORY      (among the node's mounts)
set -e
cd "$1"
for name in kernel/unprivileged_bpf_disabled kernel/timer_migration net/core/bpf_jit_enable; do
  mkdir -p "sysctl/$(dirname $name)"
  cat "/proc/sys/$name" >"sysctl/$name"
  mount --bind "sysctl/$name" "/proc/sys/$name"
done
