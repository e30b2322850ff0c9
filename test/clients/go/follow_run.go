package main

import (
	"context"
	"time"

	pb "glip-executor/test/clients/go/gen/glip/executor/v1"
)

// runFollower follows all steps of a run to their ends: each end once, whatever happens to the connection.
type runFollower struct {
	client   pb.ExecutorServiceClient
	key      *pb.StepKey
	cursor   string
	onEnd    func(*pb.Step)
	onSynced func(cursor string)
	onLost   func(failure)
	// By the uid of the Job: a name may be used again. Delivery is at least once, so what was dealt with is remembered.
	ended, live map[string]bool
}

// follow returns nil when every step that it was told of is over, and the error that cannot be waited out.
func (f *runFollower) follow(ctx context.Context) error {
	f.ended, f.live = map[string]bool{}, map[string]bool{}
	return goOn(ctx, f.once, &f.cursor, f.onLost)
}

// once reads one stream until all is over or the stream breaks, and returns how many frames it had and how long a goodbye asks to wait.
func (f *runFollower) once(ctx context.Context) (frames int, pause time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	filter := &pb.StepFilter{Tenant: f.key.Tenant, RunId: f.key.RunId}
	stream, err := f.client.WatchSteps(ctx, &pb.WatchStepsRequest{Filter: filter, Cursor: f.cursor})
	if err != nil {
		return 0, 0, err
	}
	fromStart, seen := f.cursor == "", map[string]bool{}
	for {
		// It never ends by itself: an end without a failure is a failure, too.
		frame, err := stream.Recv()
		if err != nil {
			return frames, pause, err
		}
		frames++
		if step := stepOfSteps(frame); step != nil {
			seen[step.Job.GetUid()] = true
			f.take(step)
		}
		if synced := frame.GetSynced(); synced != nil {
			if fromStart || synced.Gap {
				f.forgetAllBut(seen)
			}
			f.onSynced(frame.Cursor)
		}
		if goodbye := frame.GetGoodbye(); goodbye != nil {
			pause = goodbye.RetryAfter.AsDuration()
		}
		// Only now is the frame dealt with.
		if frame.Cursor != "" {
			f.cursor = frame.Cursor
		}
		if f.cursor != "" && len(f.live) == 0 && frame.GetForgotten() == nil {
			return frames, 0, nil
		}
	}
}

func (f *runFollower) take(step *pb.Step) {
	uid := step.Job.GetUid()
	switch {
	case f.ended[uid]:
	case isFinal(step):
		f.ended[uid] = true
		delete(f.live, uid)
		f.onEnd(step)
	default:
		f.live[uid] = true
	}
}

// forgetAllBut drops what was live and was not told: it is gone, and nobody knows how it ended.
func (f *runFollower) forgetAllBut(seen map[string]bool) {
	for uid := range f.live {
		if !seen[uid] {
			delete(f.live, uid)
		}
	}
}

func stepOfSteps(frame *pb.WatchStepsResponse) *pb.Step {
	if snapshot := frame.GetSnapshot(); snapshot != nil {
		return snapshot
	}
	return frame.GetUpdate().GetStep()
}
