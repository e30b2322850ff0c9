# A namespace that is not of the cluster, with addresses to be reached, behind an interface of the node.
#   world.sh INTERFACE NODE-ADDRESS WORLD-ADDRESS PODS PROGRAM...     (in the node's network; addresses of a /24)
# The program gets the addresses of $ADDRESSES, each a host.
set -e
interface=$1 node=$2 world=$3 pods=$4
shift 4
ip netns add world
ip link add "$interface" type veth peer name eth0 netns world
ip address add "$node/24" dev "$interface"
ip link set "$interface" up
ip route add default via "$world"
echo 1 >/proc/sys/net/ipv4/ip_forward
enter="nsenter --net=/run/netns/world"
$enter ip link set lo up
$enter ip link set eth0 up
$enter ip address add "$world/24" dev eth0
$enter ip route add "$pods" via "$node"
for address in $ADDRESSES; do $enter ip address add "$address/32" dev lo; done
exec $enter "$@"
