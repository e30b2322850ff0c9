/** What an agent says of its own end, through the termination message. Untrusted. */
export interface AgentReport {
  /** The report as valid JSON, at most 4 KiB; empty without any. */
  readonly json: string;
  /** GLIP's result status, if it is one. */
  readonly status: 'success' | 'partial' | 'failed' | undefined;
}

const none: AgentReport = { json: '', status: undefined };

/** Kubernetes caps the file at 4,096 bytes; text that is no JSON object (a log's tail) is no report. */
export function readReport(message: string): AgentReport {
  const text = message.trim();
  if (!text.startsWith('{') || text.length > 4_096) return none;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return none;
    const status = (value as Record<string, unknown>).status;
    const known = status === 'success' || status === 'partial' || status === 'failed' ? status : undefined;
    return { json: text, status: known };
  } catch {
    return none;
  }
}
