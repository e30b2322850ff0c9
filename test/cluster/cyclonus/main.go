// Command reachability says what NetworkPolicies allow, as an engine that is not ours reads them. On its input is one JSON object with a list of
// policies, as the API server would take them, and the traffic that is asked about; it writes one line for each of those.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	networking "k8s.io/api/networking/v1"
)

type question struct {
	Policies networking.NetworkPolicyList `json:"policies"`
	Traffic  []matcher.Traffic            `json:"traffic"`
}

func main() {
	var asked question
	decoder := json.NewDecoder(os.Stdin)
	// A field that the engine does not know would be a rule that nobody has read.
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	policies := make([]*networking.NetworkPolicy, 0, len(asked.Policies.Items))
	for i := range asked.Policies.Items {
		policies = append(policies, &asked.Policies.Items[i])
	}
	engine := matcher.BuildNetworkPolicies(true, policies)
	for i := range asked.Traffic {
		verdict := engine.IsTrafficAllowed(&asked.Traffic[i])
		fmt.Printf("{\"egress\":%t,\"ingress\":%t}\n", verdict.Egress.IsAllowed(), verdict.Ingress.IsAllowed())
	}
}
