"""The keeper: lets a host with a control channel drive an unmodified worker of the original, and leaves no orphan of it."""
