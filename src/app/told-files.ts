import { type WatchedFiles, type WatchedFilesDeps, watchFiles } from '../lib/watched-files.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';

export interface ToldFilesDeps<T>
  extends Pick<WatchedFilesDeps<T>, 'paths' | 'parse' | 'intervalMs' | 'onChange'> {
  readonly what: Parameters<ReloadMetrics['reloaded']>[0];
  /** What the log says when they have changed, and of what; and when they cannot be used. */
  readonly applied: { readonly message: string; readonly about: (value: T) => object };
  readonly refused: string;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly metrics: Pick<ReloadMetrics, 'reloaded'>;
}

/**
 * Files of the configuration that are read again when they change, each time told in the log and counted.
 * @throws what `parse` or the reading throws, the first time
 */
export function watchTold<T>(deps: ToldFilesDeps<T>): WatchedFiles<T> {
  const { what, applied, refused, logger, metrics, ...files } = deps;
  return watchFiles({
    ...files,
    onChange(value) {
      metrics.reloaded(what, 'applied');
      logger.info(applied.about(value), applied.message);
      deps.onChange?.(value);
    },
    onProblem(err) {
      metrics.reloaded(what, 'refused');
      logger.error({ err, files: deps.paths }, refused);
    },
  });
}
