/** The exit codes of GLIP v1 that an agent chooses itself; 125 and above belong to the container runtime. */
export const EXIT = Object.freeze({
  success: 0,
  general: 1,
  input: 2,
  checksum: 3,
  permission: 4,
  timeout: 5,
  resources: 6,
  output: 7,
  upstream: 8,
});

/** @typedef {Exclude<keyof typeof EXIT, 'success'>} FailureKind */
