package main

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	pb "glip-executor/test/clients/go/gen/glip/executor/v1"
	"google.golang.org/grpc/codes"
)

const (
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
	// Without any frame for so long something is wrong that waiting does not mend.
	patience = time.Minute
)

// follower follows a step to its end: each transition once, whatever happens to the connection.
type follower struct {
	client  pb.ExecutorServiceClient
	key     *pb.StepKey
	cursor  string
	onFrame func(*pb.WatchStepResponse)
	onLost  func(failure)
}

// follow returns nil after the final frame, and the error that cannot be waited out.
func (f *follower) follow(ctx context.Context) error {
	return goOn(ctx, f.once, &f.cursor, f.onLost)
}

// goOn reads one stream after another, each from the last cursor, until one returns no error, or one that cannot be waited out.
// once returns how many frames its stream had and how long a goodbye asks to wait.
func goOn(
	ctx context.Context,
	once func(context.Context) (frames int, pause time.Duration, err error),
	cursor *string,
	onLost func(failure),
) error {
	lastFrame, ceiling := time.Now(), firstPause
	for {
		frames, pause, err := once(ctx)
		if err == nil {
			return nil
		}
		if frames > 0 {
			lastFrame, ceiling = time.Now(), firstPause
		}
		lost := failureOf(err)
		switch {
		case lost.reason == "CURSOR_EXPIRED":
			*cursor = ""
		case ctx.Err() != nil, !isLost(lost), time.Since(lastFrame) > patience:
			return err
		}
		onLost(lost)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(max(pause, lost.retryAfter) + rand.N(ceiling)):
		}
		ceiling = min(longestPause, 2*ceiling)
	}
}

// once reads one stream to its end, and returns how many frames it had and how long a goodbye asks to wait.
func (f *follower) once(ctx context.Context) (frames int, pause time.Duration, err error) {
	// Leaving a stream without reading its end leaks it unless its context is cancelled.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := f.client.WatchStep(ctx, &pb.WatchStepRequest{Key: f.key, Cursor: f.cursor})
	if err != nil {
		return 0, 0, err
	}
	for {
		frame, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			// An end without a failure is the end of the step.
			return frames, 0, nil
		}
		if err != nil {
			return frames, pause, err
		}
		frames++
		if frame.Cursor != "" {
			f.cursor = frame.Cursor
		}
		f.onFrame(frame)
		if step := stepOf(frame); step != nil && isFinal(step) {
			return frames, 0, nil
		}
		if goodbye := frame.GetGoodbye(); goodbye != nil {
			pause = goodbye.RetryAfter.AsDuration()
		}
	}
}

// isLost is true when the same watch, with the last cursor, may go on.
func isLost(f failure) bool {
	switch f.code {
	case codes.Unavailable:
		return true
	// What a reset stream or a vanished proxy becomes, by library and by its code of HTTP/2. With a reason it is
	// the executor's own word: trying again does not change it.
	case codes.Internal, codes.Unknown, codes.ResourceExhausted, codes.Canceled:
		return f.reason == ""
	default:
		return false
	}
}

func stepOf(frame *pb.WatchStepResponse) *pb.Step {
	if snapshot := frame.GetSnapshot(); snapshot != nil {
		return snapshot
	}
	return frame.GetUpdate().GetStep()
}

func isFinal(step *pb.Step) bool {
	return step.State >= pb.StepState_STEP_STATE_SUCCEEDED
}
