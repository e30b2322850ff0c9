import { expect, test } from 'vitest';
import { createAttendance } from './attendance.ts';

test('nobody looks before the first and between the last and the next', () => {
  const attendance = createAttendance(0);
  attendance.up(10);
  attendance.up(20);
  attendance.down(30);
  attendance.down(40);
  attendance.up(50);
  expect(attendance.gapWithin(0, 5)).toBe(true);
  expect(attendance.gapWithin(11, 39)).toBe(false);
  expect(attendance.gapWithin(35, 45)).toBe(true);
  expect(attendance.gapWithin(41, 42)).toBe(true);
  expect(attendance.gapWithin(30, 60)).toBe(true);
  expect(attendance.gapWithin(51, 99)).toBe(false);
  expect(attendance.unattendedMs(100)).toBe(20);
  attendance.down(100);
  expect(attendance.gapWithin(51, 100)).toBe(true);
  expect(attendance.unattendedMs(150)).toBe(70);
});
