import { annotationPrefix, type BehaviourDefaults } from './behaviour.ts';

/**
 * The status that each stage writes, as Go templates of a strategic merge patch: the same fields, in the same order of
 * events, as recorded from a real kubelet 1.37. In a merge, a null removes what the stage before has left.
 */

const prelude = `
{{ $now := Now }}
{{ $wish := or .metadata.annotations dict }}
{{ $pod := . }}
{{ $agent := (index .spec.containers 0).name }}
{{ range .spec.containers }}{{ if eq .name "agent" }}{{ $agent = "agent" }}{{ end }}{{ end }}
{{ $was := dict }}
{{ range (or .status.containerStatuses list) }}{{ $_ := set $was .name . }}{{ end }}
`;

const wish = (key: string): string => `(index $wish "${annotationPrefix}${key}")`;

const condition = (type: string, status: boolean, reason?: string, message?: string): string => `
- type: ${type}
  status: "${status ? 'True' : 'False'}"
  lastProbeTime: null
  lastTransitionTime: {{ $now | Quote }}
  reason: ${reason ?? 'null'}
  message: ${message ?? 'null'}`;

const names = "{{ range $i, $c := .spec.containers }}{{ if $i }} {{ end }}{{ $c.name }}{{ end }}";
const notReady = (type: string): string =>
  condition(type, false, 'ContainersNotReady', `'containers with unready status: [${names}]'`);
const ended = (reason: string): string =>
  `${condition('Ready', false, reason)}${condition('ContainersReady', false, reason)}`;
const noSandbox = (message: string): string =>
  condition('PodReadyToStartContainers', false, 'PodSandboxNotReady', message);

const seen = 'observedGeneration: {{ or .metadata.generation 1 }}';

/** One entry per container; `agent` and `other` are the templates of its state, with $name and $prior at hand. */
const statuses = (agent: string, other: string = agent): string => `
containerStatuses:
{{ range .spec.containers }}
{{ $name := .name }}
{{ $prior := or (index $was .name) dict }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  restartCount: 0
{{ if eq .name $agent }}
${indent(agent)}
{{ else }}
${indent(other)}
{{ end }}
{{ end }}`;

const indent = (text: string): string => text.trim().replace(/^/gm, '  ');

const waiting = (reason: string, message: string): string => `
imageID: ""
ready: false
started: false
state: {waiting: {reason: ${reason}, message: ${message}}}`;

const containerId = '{{ printf "containerd://%s" (printf "%s/%s" $pod.metadata.uid $name | sha256sum) | Quote }}';

const running = `
imageID: {{ printf "sha256:%s" (.image | sha256sum) | Quote }}
containerID: ${containerId}
ready: true
started: true
state: {waiting: null, running: {startedAt: {{ $now | Quote }}}}`;

/** A container that has ended keeps how it ended; one that never started has no times and no id. */
const terminated = (exitCode: string, reason: string, message: string): string => `
ready: false
started: false
{{ if dig "state" "terminated" "" $prior }}
{{ else if dig "state" "running" "" $prior }}
{{ $code := ${exitCode} }}
state:
  waiting: null
  running: null
  terminated:
    exitCode: {{ $code }}
    reason: {{ ${reason} | Quote }}
    message: {{ ${message} | Quote }}
    startedAt: {{ $prior.state.running.startedAt | Quote }}
    finishedAt: {{ $now | Quote }}
    containerID: ${containerId}
{{ else }}
state:
  waiting: null
  terminated:
    exitCode: 137
    reason: ContainerStatusUnknown
    message: The container could not be located when the pod was terminated
    startedAt: null
    finishedAt: null
{{ end }}`;

const byCode = '(ternary "Completed" "Error" (eq $code 0))';
const exitCode = `(int (or ${wish('exit-code')} "0"))`;
const agentEnd = terminated(exitCode, `(or ${wish('terminated-reason')} ${byCode})`, `(or ${wish('message')} "")`);
const otherEnd = terminated('0', byCode, '""');

/** The exit code that the agent has, or will have by this patch when it was still running. */
const finalCode = (whenRunning: string): string => `
{{ $final := 137 }}
{{ $agentWas := or (index $was $agent) dict }}
{{ if dig "state" "running" "" $agentWas }}{{ $final = ${whenRunning} }}{{ end }}
{{ if dig "state" "terminated" "" $agentWas }}
{{ $final = int (toString (dig "state" "terminated" "exitCode" 0 $agentWas)) }}
{{ end }}`;

const phaseByCode = 'phase: {{ ternary "Succeeded" "Failed" (eq $final 0) }}';
const reasonByCode = '{{ ternary "PodCompleted" "PodFailed" (eq $final 0) }}';

const killCode = (defaults: BehaviourDefaults, graceMs: string): string => `
{{ $kill := int (or ${wish('term-exit-code')} "143") }}
{{ if gt (int64 (or ${wish('term-ms')} "${defaults.termMs}")) (${graceMs}) }}{{ $kill = 137 }}{{ end }}
${finalCode('$kill')}`;

const killed = statuses(terminated('$kill', byCode, `(or ${wish('term-message')} "")`));
const deletionGrace = 'mul 1000 (int64 (toString (or .metadata.deletionGracePeriodSeconds 0)))';
const podGrace = 'mul 1000 (int64 (toString (or .spec.terminationGracePeriodSeconds 0)))';

const initStatuses = (before: boolean): string => `
{{ if .spec.initContainers }}
initContainerStatuses:
{{ range .spec.initContainers }}
{{ $name := .name }}
{{ $prior := dict }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  restartCount: 0
${before ? indent(waiting('PodInitializing', 'null')) : `
{{ if eq (or .restartPolicy "") "Always" }}
${indent(running)}
{{ else }}
  imageID: ""
  ready: true
  started: false
  state: {waiting: null, terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}`}
{{ end }}
{{ end }}`;

export const acknowledge = `${prelude}
${seen}
phase: Pending
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
hostIPs: [{ip: {{ NodeIPWith .spec.nodeName | Quote }}}]
conditions:${noSandbox('no pod sandbox exists')}${condition('Initialized', true)}${notReady('Ready')}${notReady('ContainersReady')}
${initStatuses(true)}
${statuses(waiting('ContainerCreating', 'null'))}`;

const pullMessage = `{{ or ${wish('image-message')} (printf "Back-off pulling image %q" .image) | Quote }}`;

export const imageError = `${prelude}
conditions:${condition('PodReadyToStartContainers', true)}
${statuses(waiting(`{{ ${wish('image-error')} | Quote }}`, pullMessage))}`;

export const start = `${prelude}
{{ $ip := PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace }}
${seen}
phase: Running
podIP: {{ $ip | Quote }}
podIPs: [{ip: {{ $ip | Quote }}}]
conditions:${condition('PodReadyToStartContainers', true)}${condition('Ready', true)}${condition('ContainersReady', true)}
${initStatuses(false)}
${statuses(running)}`;

/** The agent's end; the pod's phase says Running until the next stage. */
export const exit = `${prelude}${finalCode(exitCode)}
conditions:${ended(reasonByCode)}
${statuses(agentEnd, 'lastState: {}')}`;

export const complete = `${prelude}${finalCode('0')}
${phaseByCode}
conditions:${noSandbox('pod sandbox is not ready')}
${statuses(otherEnd)}`;

export const deadline = (defaults: BehaviourDefaults): string => `${prelude}${killCode(defaults, podGrace)}
phase: Failed
reason: DeadlineExceeded
message: Pod was active on the node longer than the specified deadline
conditions:${noSandbox('pod sandbox is not ready')}${ended('PodFailed')}
${killed}`;

export const terminate = (defaults: BehaviourDefaults): string => `${prelude}${killCode(defaults, deletionGrace)}
${seen}
${phaseByCode}
conditions:${noSandbox('pod sandbox is not ready')}${ended(reasonByCode)}
${killed}`;

export const nodeReady = `
{{ $now := Now }}
phase: Running
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
{{ end }}`;
