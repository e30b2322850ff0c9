package main

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// failure is what the executor says of an error beyond its code and message.
type failure struct {
	code    codes.Code
	message string
	// Empty when the error is not the executor's own: a lost connection, a passed deadline.
	reason     string
	metadata   map[string]string
	violations []violation
	retryAfter time.Duration
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

func failureOf(err error) failure {
	known := status.Convert(err)
	f := failure{code: known.Code(), message: known.Message(), violations: []violation{}}
	for _, detail := range known.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			f.reason, f.metadata = d.Reason, d.Metadata
		case *errdetails.BadRequest:
			for _, v := range d.FieldViolations {
				f.violations = append(f.violations, violation{v.Field, v.Description})
			}
		case *errdetails.RetryInfo:
			f.retryAfter = d.RetryDelay.AsDuration()
		}
	}
	return f
}

// name is the status as the specification writes it; Go's own String() has CamelCase.
func (f failure) name() string {
	names := map[codes.Code]string{
		codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
		codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND",
		codes.AlreadyExists: "ALREADY_EXISTS", codes.PermissionDenied: "PERMISSION_DENIED",
		codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.FailedPrecondition: "FAILED_PRECONDITION",
		codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE", codes.Unimplemented: "UNIMPLEMENTED",
		codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE", codes.DataLoss: "DATA_LOSS",
		codes.Unauthenticated: "UNAUTHENTICATED",
	}
	return names[f.code]
}
