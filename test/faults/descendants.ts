/** Shell lines that leave processes behind, each in another way; the length of the sleep says which it was. */
export const DESCENDANTS = {
  "a child": "echo $$; exec sleep 1001 >/dev/null 2>&1",
  "a child in a session of its own": "exec setsid sh -c 'echo $$; exec sleep 1002 >/dev/null 2>&1'",
  "a grandchild whose parent is gone": "sleep 1003 >/dev/null 2>&1 & echo $!",
  "a daemon: forked twice, in a session of its own": "exec setsid sh -c 'sleep 1004 >/dev/null 2>&1 & echo $!'",
  "a child that ignores SIGTERM": "trap '' TERM; echo $$; exec sleep 1005 >/dev/null 2>&1",
  "a daemon that ignores SIGTERM": "trap '' TERM; exec setsid sh -c 'sleep 1006 >/dev/null 2>&1 & echo $!'",
  "a child that holds the worker's output open": "echo $$; exec sleep 1007 >&2",
  "a daemon that holds the worker's output open": "exec setsid sh -c 'sleep 1008 >&2 & echo $!'",
} as const;
