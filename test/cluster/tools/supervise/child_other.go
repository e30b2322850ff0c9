//go:build !linux

package main

import "syscall"

// childAttributes gives the command a group of its own; only Linux has a parent-death signal.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
