// A small client of the executor: client ADDRESS COMMAND [flags]. Prints one JSON object a line.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	pb "glip-executor/test/clients/go/gen/glip/executor/v1"
)

type arguments struct {
	tenant, run, step, image, params, cpu, reason, cursor string
	timeout                                               float64
}

func parse(argv []string) *arguments {
	var a arguments
	flags := flag.NewFlagSet("client", flag.ExitOnError)
	flags.StringVar(&a.tenant, "tenant", "demo", "")
	flags.StringVar(&a.run, "run", "", "")
	flags.StringVar(&a.step, "step", "", "")
	flags.StringVar(&a.image, "image", "glip-demo/probe:1.0.0", "")
	flags.StringVar(&a.params, "params", "{}", "")
	flags.StringVar(&a.cpu, "cpu", "100m", "")
	flags.StringVar(&a.reason, "reason", "", "")
	flags.StringVar(&a.cursor, "cursor", "", "")
	flags.Float64Var(&a.timeout, "timeout", 0, "deadline in seconds; 0 for none")
	_ = flags.Parse(argv)
	return &a
}

func main() {
	if err := run(os.Args); err != nil {
		_ = say(toldFailure(failureOf(err)))
		os.Exit(1)
	}
}

func run(argv []string) error {
	if len(argv) < 3 || commands[argv[2]] == nil {
		fmt.Fprintln(os.Stderr, "usage: client ADDRESS submit|watch|watch-steps|watch-run|logs|ack|cancel|get|list [flags]")
		os.Exit(2)
	}
	args := parse(argv[3:])
	serviceConfig := os.Getenv("SERVICE_CONFIG")
	if serviceConfig == "" {
		serviceConfig = "{}"
	}
	connection, err := connect(argv[1], serviceConfig)
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx := context.Background()
	if args.timeout > 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(ctx, time.Duration(args.timeout*float64(time.Second)))
		defer done()
	}
	key := &pb.StepKey{Tenant: args.tenant, RunId: args.run, StepId: args.step}
	return commands[argv[2]](ctx, pb.NewExecutorServiceClient(connection), key, args)
}
