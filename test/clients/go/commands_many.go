package main

import (
	"context"

	pb "glip-executor/test/clients/go/gen/glip/executor/v1"
)

// watchRun follows all steps of a run until each that it was told of is over; each end once.
func watchRun(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, args *arguments) error {
	f := runFollower{
		client: client, key: key, cursor: args.cursor,
		onEnd: func(step *pb.Step) {
			w := told(step)
			w["frame"] = "end"
			_ = say(w)
		},
		onSynced: func(cursor string) { _ = say(words{"frame": "synced", "cursor": cursor}) },
		onLost: func(lost failure) {
			_ = say(words{"frame": "reconnecting", "code": lost.name(), "reason": lost.reason})
		},
	}
	return f.follow(ctx)
}

// watchSteps says each frame of one stream of a run, until that breaks.
func watchSteps(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, args *arguments) error {
	filter := &pb.StepFilter{Tenant: key.Tenant, RunId: key.RunId}
	stream, err := client.WatchSteps(ctx, &pb.WatchStepsRequest{Filter: filter, Cursor: args.cursor})
	if err != nil {
		return err
	}
	for {
		frame, err := stream.Recv()
		if err != nil {
			return err
		}
		if err := say(toldStepsFrame(frame)); err != nil {
			return err
		}
	}
}

func ack(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, _ *arguments) error {
	if _, err := client.AckStep(ctx, &pb.AckStepRequest{Key: key}); err != nil {
		return err
	}
	return say(words{"acknowledged": key.StepId})
}
