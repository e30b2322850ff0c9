/** Why a pod may soon be ended: docs/reasons.md has a line for each. */
export const forecastCauses = [
  // The pod itself is marked, and will be stopped.
  'Preemption',
  'NodePressure',
  'Disruption',
  // Its node will go.
  'SpotReclaim',
  'NodeShutdown',
  'NodeMaintenance',
  'ScaleDown',
  'NodeDrain',
  'NodeDeleted',
  // Its node pushes it away, or is not heard of.
  'NoExecuteTaint',
  'NodeLost',
  'NodeNotReady',
  // Something may follow.
  'SpotRebalance',
  'NodeCordoned',
] as const;

export type ForecastCause = (typeof forecastCauses)[number];

interface Announcement {
  readonly cause: ForecastCause;
  /** Follows "The node NAME". */
  readonly words: string;
}

const says = (cause: ForecastCause, words: string): Announcement => ({ cause, words });

const remediated = says('NodeDrain', 'is to be drained for an event that Azure has scheduled');
const karpenter = says('NodeDrain', 'is taken away by Karpenter, which drains it');

/**
 * Taints that the clouds' handlers and the autoscalers set on a node that they take away, whatever their effect is. The first of these that
 * a node has is told. DeletionCandidateOfClusterAutoscaler is not among them: it comes and goes with each look, and few of those nodes go.
 */
export const announcingTaints: Readonly<Record<string, Announcement>> = {
  // github.com/aws/aws-node-termination-handler, pkg/node, with TAINT_NODE.
  'aws-node-termination-handler/spot-itn': says('SpotReclaim', 'is a spot machine that AWS takes back'),
  // sigs.k8s.io/cloud-provider-azure, on a scheduled event Preempt.
  'cloudprovider.azure.microsoft.com/draining': says(
    'SpotReclaim',
    'is a spot machine that Azure takes back',
  ),
  // GKE, on a shutdown of a spot or preemptible machine, and before the maintenance of machines with GPUs.
  'cloud.google.com/impending-node-termination': says('NodeShutdown', 'is about to be shut down by GKE'),
  // k8s.io/cloud-provider: the provider says that the machine is off.
  'node.cloudprovider.kubernetes.io/shutdown': says('NodeShutdown', 'is shut down, says its cloud'),
  'aws-node-termination-handler/scheduled-maintenance': says(
    'NodeMaintenance',
    'is to be maintained by AWS, and is drained for it',
  ),
  'aws-node-termination-handler/asg-lifecycle-termination': says(
    'ScaleDown',
    'is taken away by its Auto Scaling group',
  ),
  // k8s.io/autoscaler/cluster-autoscaler/utils/taints.
  ToBeDeletedByClusterAutoscaler: says(
    'ScaleDown',
    'is taken away by the cluster autoscaler, which drains it',
  ),
  // sigs.k8s.io/karpenter/pkg/apis/v1, and v1beta1.
  'karpenter.sh/disrupted': karpenter,
  'karpenter.sh/disruption': karpenter,
  // AKS node auto-drain.
  'remediator.kubernetes.azure.com/unschedulable': remediated,
  'remediator.aks.microsoft.com/unschedulable': remediated,
  // Somebody who knows that the machine is off.
  'node.kubernetes.io/out-of-service': says('NodeLost', 'was declared out of service'),
  'aws-node-termination-handler/rebalance-recommendation': says(
    'SpotRebalance',
    'is a spot machine that AWS may take back: it recommends to leave it',
  ),
};

/** Conditions of AKS nodes, from Azure's scheduled events. */
export const announcingConditions: Readonly<Record<string, Announcement>> = {
  PreemptScheduled: says('SpotReclaim', 'is a spot machine that Azure takes back'),
  TerminateScheduled: says('NodeShutdown', 'is to be deleted by Azure'),
  RedeployScheduled: says('NodeMaintenance', 'is to be moved by Azure to other hardware'),
  RebootScheduled: says('NodeMaintenance', 'is to be restarted by Azure'),
};
