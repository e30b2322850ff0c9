import { fileURLToPath } from 'node:url';
import type { ControlPlane } from './control-plane/start.ts';

/** A file of deploy/, for whoever reads or applies it. */
export const deployFile = (name: string): string =>
  fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));

/** Applies a file of deploy/ as an administrator does. Rejects unless all of it was taken, without a warning. */
export async function applyFile({ kubectl }: Pick<ControlPlane, 'kubectl'>, name: string): Promise<void> {
  const { code, stdout, stderr } = await kubectl(['apply', '-f', deployFile(name)]);
  if (code !== 0 || stderr !== '') throw new Error(`kubectl apply -f deploy/${name}: ${stdout}${stderr}`);
}
