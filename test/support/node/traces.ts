import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

const sysctls = [
  'vm/overcommit_memory',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/unprivileged_bpf_disabled',
  'kernel/timer_migration',
  'net/core/bpf_jit_enable',
  'net/ipv4/ip_forward',
];

/** What a node could leave behind on this machine. */
export const traces = () => ({
  sysctls: sysctls.map((name) => readFileSync(`/proc/sys/${name}`, 'utf8')),
  hosts: readFileSync('/etc/hosts', 'utf8'),
  mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
  interfaces: Object.keys(networkInterfaces()),
  routes: readFileSync('/proc/net/route', 'utf8'),
  state: ['/run', '/var/lib', '/var/log', '/sys/fs/bpf'].map((folder) => readdirSync(folder)),
});
