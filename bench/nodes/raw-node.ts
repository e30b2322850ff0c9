/** A Node as a kubelet of 1.37 reports it: with the 50 images that it names at most, which are most of it. */
function rawNode(i: number, version: number): object {
  const name = `ip-10-0-${Math.floor(i / 250)}-${i % 250}.eu-central-1.compute.internal`;
  const time = new Date(Date.UTC(2026, 10, 27, 12) + version * 1_000).toISOString();
  const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    lastHeartbeatTime: time,
    lastTransitionTime: '2026-11-27T08:00:00Z',
    reason: `KubeletHas${type}`,
    message: `kubelet is posting ${type}`,
  }));
  const images = Array.from({ length: 50 }, (_, n) => ({
    names: [
      `registry.example/team-${n}/image@sha256:${'a'.repeat(64)}`,
      `registry.example/team-${n}/image:1.${n}`,
    ],
    sizeBytes: 100_000_000 + n,
  }));
  const labels = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [`topology.example.org/label-${n}`, `value-${n}-${name}`]),
  );
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      uid: `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`,
      resourceVersion: String(version),
      labels,
    },
    spec: { podCIDR: `10.${i % 250}.0.0/24`, providerID: `aws:///eu-central-1a/i-${i}` },
    status: {
      capacity: { cpu: '16', memory: '64Gi', pods: '110', 'ephemeral-storage': '200Gi' },
      allocatable: { cpu: '15', memory: '60Gi', pods: '110', 'ephemeral-storage': '180Gi' },
      conditions,
      addresses: [
        { type: 'InternalIP', address: '10.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: { kubeletVersion: 'v1.37.2', osImage: 'Linux', architecture: 'amd64' },
      images,
    },
  };
}

export const nodeBytes = (): number => JSON.stringify(rawNode(1, 1)).length;

/** One page of the list, in chunks as a connection brings it. */
export async function* pageOf(from: number, to: number, count: number): AsyncGenerator<Buffer> {
  const items = Array.from({ length: to - from }, (_, n) => rawNode(from + n, from + n + 1));
  const metadata = { resourceVersion: String(count), ...(to < count && { continue: String(to) }) };
  const text = Buffer.from(JSON.stringify({ kind: 'NodeList', metadata, items }));
  for (let i = 0; i < text.length; i += 65_536) yield text.subarray(i, i + 65_536);
}

/** The frame of a watch in which a node says what it said before. */
export const aReport = (i: number, count: number): Buffer =>
  Buffer.from(`${JSON.stringify({ type: 'MODIFIED', object: rawNode(i, count + i + 1) })}\n`);
