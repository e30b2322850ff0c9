/** Somewhere to go, by a name for the report. TCP, unless it is a question to a DNS server. */
export type Target = readonly [name: string, host: string, port: number | 'dns'];

/** A word in the report: what a pod has found. */
export type Reached = Readonly<Record<string, 'open' | 'closed'>>;

/** Long enough for a busy machine; what is denied is dropped in silence, so it takes as long. */
const patienceSeconds = 5;

/**
 * A shell's program that tries all of them at once, and reports: connecting is the first that it does, and it tries once.
 */
export function reachScript(targets: readonly Target[]): string {
  const tries = targets.map(([name, host, port]) =>
    port === 'dns' ? `ask ${name} ${host} &` : `try ${name} ${host} ${port} &`,
  );
  return [
    `told() { if [ "$2" = 0 ]; then echo "\\"$1\\":\\"open\\","; else echo "\\"$1\\":\\"closed\\","; fi; }`,
    `try() { echo hello | nc -w ${patienceSeconds} "$2" "$3" >/dev/null 2>&1; told "$1" $?; }`,
    // Any answer will do; that the name is not there is one.
    `ask() { timeout ${patienceSeconds} nslookup -type=a any.example "$2" 2>&1 | grep -q "NXDOMAIN"; told "$1" $?; }`,
    `found=$(${tries.join(' ')} wait)`,
    `printf '{"status":"success","reached":{%s"":""}}' "$found" | tr -d '\\n' >/dev/termination-log`,
  ].join('\n');
}

/** What the script has said. */
export function readReached(message: string): Reached {
  const { '': _, ...reached } = JSON.parse(message).reached;
  return reached;
}

/** The same word for all of these. */
export const all = (targets: readonly Target[], word: 'open' | 'closed'): Reached =>
  Object.fromEntries(targets.map(([name]) => [name, word]));
