// Command supervise runs one command that must not outlive its starter, however the starter ends.
//
//	supervise LOG COMMAND [ARG...]
//
// Standard input is the leash: when it closes (the starter exited, crashed or was killed), the command's process group is
// killed with SIGKILL. Each line read from it is the name of a signal for the command. The lines "pid N" and, at the end,
// "exit CODE" (128 + signal when killed) go to standard output; what the command prints is appended to LOG.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

var signals = map[string]syscall.Signal{
	"SIGTERM": syscall.SIGTERM,
	"SIGKILL": syscall.SIGKILL,
	"SIGSTOP": syscall.SIGSTOP,
	"SIGCONT": syscall.SIGCONT,
}

func main() {
	// The kernel sends the parent-death signal when the *thread* that forked ends, so this one must stay.
	runtime.LockOSThread()
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: supervise LOG COMMAND [ARG...]")
		os.Exit(2)
	}
	code, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "supervise:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(logPath string, argv []string) (int, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	child := exec.Command(argv[0], argv[1:]...)
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = childAttributes()

	// Ctrl-C reaches the whole foreground group; whether to stop is the starter's decision, and its end is noticed anyway.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)

	if err := child.Start(); err != nil {
		return 0, err
	}
	group := -child.Process.Pid
	fmt.Println("pid", child.Process.Pid)
	go func() {
		for range terminate {
			_ = syscall.Kill(group, syscall.SIGTERM)
		}
	}()
	go obey(group)

	code, err := exitCode(child.Wait())
	// Whatever the command left behind in its group goes with it.
	_ = syscall.Kill(group, syscall.SIGKILL)
	fmt.Println("exit", code)
	return code, err
}

func obey(group int) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if sig, ok := signals[lines.Text()]; ok {
			_ = syscall.Kill(group, sig)
		}
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
