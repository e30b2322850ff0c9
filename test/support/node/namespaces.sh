# Process 1 of a node: its processes, mounts and network live in namespaces of their own, and end with it, however it ends.
#   namespaces.sh DIRECTORY
# It says its process id, as the machine counts, in DIRECTORY/init.pid, and is ready when DIRECTORY/ready is there.
set -e
cd "$1"
# /proc is still the machine's, and so is the id.
read -r pid _ </proc/self/stat
mount -t proc proc /proc
# The kubelet sets these for the whole machine; here it writes into files.
for name in vm/overcommit_memory kernel/panic kernel/panic_on_oops; do
  mkdir -p "sysctl/$(dirname $name)"
  cat "/proc/sys/$name" >"sysctl/$name"
  mount --bind "sysctl/$name" "/proc/sys/$name"
done
# Paths that containerd, the network plugins and the kubelet do not let anybody choose.
for name in run var/lib var/log; do
  mkdir -p "machine/$name"
  mount --bind "machine/$name" "/$name"
done
ip link set lo up
echo "$pid" >init.pid.part
mv init.pid.part init.pid
: >ready
# Waits for ever; a shell that waits also reaps the orphans of the node.
sleep 2147483647 &
wait
