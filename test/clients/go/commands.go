package main

import (
	"context"
	"encoding/json"

	pb "glip-executor/test/clients/go/gen/glip/executor/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

type command func(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, args *arguments) error

var commands = map[string]command{
	"submit": submit, "watch": watch, "watch-steps": watchSteps, "watch-run": watchRun, "logs": logs, "ack": ack, "cancel": cancel,
	"get": get, "list": list,
}

func submit(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, args *arguments) error {
	var values map[string]any
	if err := json.Unmarshal([]byte(args.params), &values); err != nil {
		return err
	}
	params, err := structpb.NewStruct(values)
	if err != nil {
		return err
	}
	invocation := &pb.Invocation{
		Metadata: &pb.InvocationMetadata{InvocationId: "inv-" + args.run},
		Spec: &pb.InvocationSpec{
			Agent:     &pb.Agent{Name: "TEST.PROBE", Image: args.image},
			Params:    params,
			Resources: &pb.ResourceHints{Cpu: args.cpu, Memory: "128Mi"},
		},
	}
	request := &pb.SubmitStepRequest{Key: key, Manifest: &pb.SubmitStepRequest_Invocation{Invocation: invocation}}
	response, err := client.SubmitStep(ctx, request)
	if err != nil {
		return err
	}
	words := told(response.Step)
	words["created"] = response.Created
	return say(words)
}

func watch(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, args *arguments) error {
	f := follower{
		client: client, key: key, cursor: args.cursor,
		onFrame: func(frame *pb.WatchStepResponse) { say(toldFrame(frame)) },
		onLost:  func(lost failure) { say(words{"frame": "reconnecting", "code": lost.name()}) },
	}
	return f.follow(ctx)
}

func cancel(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, args *arguments) error {
	target := &pb.CancelStepRequest_Key{Key: key}
	response, err := client.CancelStep(ctx, &pb.CancelStepRequest{Target: target, Reason: args.reason})
	if err != nil {
		return err
	}
	return sayAll(response.Steps)
}

func get(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, _ *arguments) error {
	response, err := client.GetStep(ctx, &pb.GetStepRequest{Key: key})
	if err != nil {
		return err
	}
	return say(told(response.Step))
}

func list(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, _ *arguments) error {
	filter := &pb.StepFilter{Tenant: key.Tenant, RunId: key.RunId}
	for token := ""; ; {
		response, err := client.ListSteps(ctx, &pb.ListStepsRequest{Filter: filter, PageSize: 1, PageToken: token})
		if err != nil {
			return err
		}
		if err := sayAll(response.Steps); err != nil {
			return err
		}
		if token = response.NextPageToken; token == "" {
			return nil
		}
	}
}
