import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';

const MEBIBYTE = 1024 * 1024;

/**
 * Writes numbered lines of a given size, at the speed of the reader: a stuck reader must show, not fill the memory.
 * @param {number} count
 * @param {number} size bytes with the line break
 */
export async function writeLogLines(count, size) {
  for (let i = 1; i <= count; i++) {
    const line = `probe line ${i} `.padEnd(size - 1, '.').slice(0, Math.max(1, size - 1));
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  }
  // The probe's end is forced: what Node still held of them would never be written.
  await new Promise((resolve) => process.stdout.write('', resolve));
}

/**
 * Fills the output directory, against its size limit.
 * @param {string} directory
 * @param {number} megabytes
 */
export async function writeMegabytes(directory, megabytes) {
  await mkdir(directory, { recursive: true });
  const file = await open(join(directory, 'probe.bin'), 'w');
  try {
    const block = Buffer.alloc(MEBIBYTE, 0x70);
    for (let i = 0; i < megabytes; i++) await file.write(block);
  } finally {
    await file.close();
  }
}

/**
 * Starts a child in its own session which goes on after the agent has ended.
 * @param {number} ms
 * @param {boolean} holdsOutput whether it keeps the agent's stdout and stderr open meanwhile
 * @returns {number | undefined} its process id
 */
export function leaveChild(ms, holdsOutput) {
  const stdio = holdsOutput ? /** @type {const} */ (['ignore', 'inherit', 'inherit']) : 'ignore';
  const child = spawn(process.execPath, ['-e', `setTimeout(() => {}, ${ms})`], {
    detached: true,
    stdio: typeof stdio === 'string' ? stdio : [...stdio],
  });
  child.unref();
  return child.pid;
}

/**
 * Takes memory and touches every page of it, up to a bound: on a machine without limits the probe must not eat it all.
 * @param {number} megabytes
 * @returns {Buffer[]} to be held
 */
export function allocate(megabytes) {
  /** @type {Buffer[]} */
  const held = [];
  while (held.length < megabytes) held.push(Buffer.alloc(MEBIBYTE, held.length % 251));
  return held;
}
