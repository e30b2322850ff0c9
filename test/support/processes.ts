import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks of /proc are 1/100 s on every Linux that Node runs on. */
const tickMs = 10;

/** CPU time that a process has used so far, all its threads together, in milliseconds. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Resident memory in MiB. */
export const residentMiB = (pid: number): number => memoryMiB(pid, 'VmRSS');

/** The most that it ever was. */
export const peakMiB = (pid: number): number => memoryMiB(pid, 'VmHWM');

function memoryMiB(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}

/** Keeps a process, with all its threads, on one CPU: as if it had a machine of its own. */
export function pin(pid: number, cpu: number): void {
  const { status, stderr } = spawnSync('taskset', ['-acp', String(cpu), String(pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`taskset: ${stderr}`);
}
