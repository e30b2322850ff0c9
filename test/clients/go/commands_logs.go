package main

import (
	"context"
	"errors"
	"io"

	pb "glip-executor/test/clients/go/gen/glip/executor/v1"
)

// logs says the output of a step to its end, and where lines may be missing.
func logs(ctx context.Context, client pb.ExecutorServiceClient, key *pb.StepKey, args *arguments) error {
	stream, err := client.StreamLogs(ctx, &pb.StreamLogsRequest{Key: key, Follow: true, Cursor: args.cursor})
	if err != nil {
		return err
	}
	for {
		frame, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, line := range frame.GetLines().GetLines() {
			if err := say(words{"frame": "line", "message": line.Text, "cursor": frame.Cursor}); err != nil {
				return err
			}
		}
		if gap := frame.GetGap(); gap != nil {
			if err := say(words{"frame": "gap", "reason": gap.Reason, "message": gap.Message}); err != nil {
				return err
			}
		}
	}
}
