/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where it comes from: `flag --grpc-address`, `env GLIP_EXECUTOR_CLUSTER`, `file glip.yaml`, `default`. */
  readonly source: string;
  /** Of the setting in a file, such as `timeouts.queue`; empty when there is no such setting. */
  readonly path: string;
  /** What is wrong and what would be right, worded to follow the name. */
  readonly message: string;
}

/** One line: `file glip.yaml: timeouts.queue: must be …`. A flag or variable names its setting already. */
export function formatProblem({ source, path, message }: Problem): string {
  const named = path === '' || source.startsWith('flag ') || source.startsWith('env ');
  return named ? `${source}: ${message}` : `${source}: ${path}: ${message}`;
}
