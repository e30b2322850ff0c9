package main

import (
	"encoding/json"
	"os"
	"strings"

	pb "glip-executor/test/clients/go/gen/glip/executor/v1"
)

// words is one line of output.
type words map[string]any

func say(w words) error {
	return json.NewEncoder(os.Stdout).Encode(w)
}

func sayAll(steps []*pb.Step) error {
	for _, step := range steps {
		if err := say(told(step)); err != nil {
			return err
		}
	}
	return nil
}

func told(step *pb.Step) words {
	w := words{
		"step":  step.GetKey().GetStepId(),
		"state": strings.TrimPrefix(step.GetState().String(), "STEP_STATE_"),
		"phase": strings.TrimPrefix(step.GetPhase().String(), "STEP_PHASE_"),
	}
	if step.GetOutcome() != nil {
		w["reason"] = step.Outcome.Reason
	}
	if step.GetCancellation() != nil {
		w["cancelled"] = step.Cancellation.Reason
	}
	return w
}

func toldFrame(frame *pb.WatchStepResponse) words {
	w := words{}
	if step := stepOf(frame); step != nil {
		w = told(step)
		w["transitions"] = len(step.Timeline)
	}
	w["cursor"] = frame.Cursor
	switch f := frame.Frame.(type) {
	case *pb.WatchStepResponse_Snapshot:
		w["frame"] = "snapshot"
	case *pb.WatchStepResponse_Update:
		w["frame"] = "update"
		w["transition"] = f.Update.Transition != nil
		w["replayed"] = f.Update.Replayed
	case *pb.WatchStepResponse_Heartbeat:
		w["frame"] = "heartbeat"
	case *pb.WatchStepResponse_Goodbye:
		w["frame"] = "goodbye"
		w["reason"] = f.Goodbye.Reason
	}
	return w
}

func toldStepsFrame(frame *pb.WatchStepsResponse) words {
	w := words{}
	if step := stepOfSteps(frame); step != nil {
		w = told(step)
	}
	w["cursor"] = frame.Cursor
	switch f := frame.Frame.(type) {
	case *pb.WatchStepsResponse_Snapshot:
		w["frame"] = "snapshot"
	case *pb.WatchStepsResponse_Update:
		w["frame"] = "update"
		w["transition"] = f.Update.Transition != nil
		w["replayed"] = f.Update.Replayed
	case *pb.WatchStepsResponse_Synced:
		w["frame"] = "synced"
		w["steps"] = f.Synced.Steps
	case *pb.WatchStepsResponse_Heartbeat:
		w["frame"] = "heartbeat"
	case *pb.WatchStepsResponse_Goodbye:
		w["frame"] = "goodbye"
		w["reason"] = f.Goodbye.Reason
	case *pb.WatchStepsResponse_Forgotten:
		w["frame"] = "forgotten"
		w["step"] = f.Forgotten.Key.GetStepId()
	}
	return w
}

func toldFailure(f failure) words {
	return words{
		"error": f.name(), "message": f.message, "reason": f.reason,
		"metadata": f.metadata, "violations": f.violations,
	}
}
