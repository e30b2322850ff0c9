/** A file that people write and that cannot be used, with all that is wrong with it. */
export class UnusableFile extends Error {
  readonly problems: readonly string[];

  /** `what`: the file, as in "the policy". */
  constructor(what: string, problems: readonly string[]) {
    super(`${what} cannot be used: ${problems.join('; ')}`);
    this.name = 'UnusableFile';
    this.problems = problems;
  }
}
