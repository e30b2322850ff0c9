package main

import "syscall"

// childAttributes gives the command a group of its own, and its end when this process is killed before it could do so itself.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
