module glip-executor/test/cluster/tools

go 1.26.0
