module glip-executor/test/cluster/etcd

go 1.26.0
