/** One thing that was looked at. */
export interface Check {
  /** Stable, for programs: `connection`, `version`, `access to jobs.batch`. */
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly what: string;
  /** What would help; present unless all is well. */
  readonly remedy?: string;
}
