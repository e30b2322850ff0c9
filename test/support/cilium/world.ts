/** What is outside of the cluster: addresses of the ranges for documentation (RFC 5737), which Cilium does not know. */
export const world = {
  /** The node's end of the way there, and the other. */
  interface: 'world0',
  node: '192.0.2.1',
  gateway: '192.0.2.2',
  hosts: {
    archive: '203.0.113.10',
    /** Its neighbour: a policy that is too wide by a bit reaches it. */
    beside: '203.0.113.11',
    /** Known by name. */
    named: '203.0.113.20',
    other: '203.0.113.21',
    elsewhere: '198.51.100.7',
    /** Where clouds serve a machine's credentials. */
    metadata: '169.254.169.254',
  },
  ports: [80, 443, 8443],
} as const;

/** What the cluster's DNS knows. The last two are of somebody who would like others to go there. */
export const names = {
  'named.example': world.hosts.named,
  'other.example': world.hosts.other,
  'metadata.example': world.hosts.metadata,
  'api-server.example': world.node,
} as const;

/** The range of the pods' addresses. */
export const pods = '10.88.0.0/16';
/** The cluster's DNS, and the API server: services of the default range. */
export const services = { dns: '10.96.0.10', apiServer: '10.96.0.1' } as const;
