"""The directory's protocol, SCIM 2.0 (RFC 7643, RFC 7644), over the services of members.

``views`` takes a request, ``connections`` authenticates it, ``bounds`` limits it, and ``protocol``
has the library answer it from ``storage``: ``users`` are members, ``groups`` departments. All but
the first two load at the first request, since the library takes 29 MB of a process.
"""
