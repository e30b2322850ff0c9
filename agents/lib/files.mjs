import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * @param {string | Uint8Array} bytes
 * @returns {string} lower-case hexadecimal, as GLIP writes checksums
 */
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * Indented JSON with a last newline; keys stay in the order in which they were built, so equal values give equal bytes.
 * @param {unknown} value
 */
export const jsonText = (value) => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Writes a whole file or nothing: whoever follows the directory never reads half of one.
 * The temporary name is in the same directory, since a rename does not cross file systems (nor a read-only root).
 * @param {string} path
 * @param {string | Uint8Array} bytes
 */
export async function writeWhole(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const file = await open(part, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}
