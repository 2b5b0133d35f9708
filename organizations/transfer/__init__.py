"""What somebody still owns in an organization passes on."""
