"""A TypeScript client whose types are generated from the description does the work."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.test_generated_client import WHO_HAS_WHAT, printed
from tests.processes import output_of
from tests.production import Production, serving

pytestmark = [pytest.mark.npm, pytest.mark.django_db(transaction=True)]

PACKAGES = ("openapi-typescript@7", "openapi-fetch@0", "typescript@5", "@types/node@20")
STRICT = ("--strict", "--module", "nodenext", "--target", "es2022", "--noUncheckedIndexedAccess")

# Written as a user of the generated types would.
BY_TYPE = """
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./offboard.js";

const [baseUrl, token] = process.argv.slice(2);
const organization_id = "org_xyz789";
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const resource = (external_id: string) => ({
  params: { path: { organization_id, type: "repository", external_id } },
});
const leaver = { params: { path: { organization_id, user_id: "usr_abc123" } } };
const address = "/v1/organizations/{organization_id}" as const;

const registered = await client.PUT(`${address}/resources/{type}/{external_id}`, {
  ...resource("acme/billing"),
  body: { name: "Billing", owner_user_id: "usr_abc123" },
});
assert.equal(registered.response.status, 201);
assert.equal(registered.data?.external_id, "acme/billing");

const imported = await client.POST(`${address}/resources/import`, {
  params: { path: { organization_id } },
  body: {
    resources: [
      { type: "approval", external_id: "4711", name: "Invoices", owner_user_id: "usr_abc123" },
      { type: "approval", external_id: "4712", name: "Travel", owner_user_id: "usr_former1" },
    ],
  },
});
assert.equal(imported.data?.created, 1);
assert.deepEqual(
  imported.data.failed.map(({ index, error }) => [index, error.code]),
  [[1, "USER_NOT_FOUND"]],
);

const preview = await client.GET(`${address}/users/{user_id}/removal-preview`, leaver);
assert(preview.data?.can_be_removed);
const counts = new Map(preview.data.resources.map(({ type, count }) => [type, count]));
assert.equal(counts.get("repository"), 5);
assert.equal(counts.get("approval"), 1);

const unknown = await client.DELETE(`${address}/users/{user_id}`, {
  ...leaver,
  body: { confirm: true, transfer_resources_by_type: { repository: "usr_former1" } },
});
assert.equal(unknown.error?.error.code, "TRANSFER_USER_NOT_FOUND");
assert.deepEqual(unknown.error.error.details, { user_id: "usr_former1", type: "repository" });

const removed = await client.DELETE(`${address}/users/{user_id}`, {
  ...leaver,
  body: {
    confirm: true,
    transfer_resources_by_type: { repository: "usr_member1" },
    transfer_resources_to_department_id: "dept_eng001",
  },
});
assert.equal(removed.response.status, 204);

const removals = await client.GET(`${address}/removals`, {
  params: { path: { organization_id }, query: { user_id: "usr_abc123" } },
});
const removal = removals.data?.items[0];
assert(removal);
const moves = await client.GET(`${address}/removals/{removal_id}/resources`, {
  params: { path: { organization_id, removal_id: removal.id } },
});
for (const move of moves.data?.items ?? []) {
  const target = move.transferred_to_user_id ?? move.transferred_to_department_id;
  console.log(move.type, move.external_id, target, move.now);
}
"""

HAND_OVER = """
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./offboard.js";

const [baseUrl, token] = process.argv.slice(2);
const organization_id = "org_xyz789";
const clientOf = (token: string | undefined) =>
  createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const client = clientOf(token);
const organization = { params: { path: { organization_id } } };
const leaver = { organization_id, user_id: "usr_abc123" };
const address = "/v1/organizations/{organization_id}" as const;

const door = await client.POST(`${address}/connections`, {
  ...organization,
  body: { name: "Door", capabilities: [] },
});
assert(door.data);
const program = clientOf(door.data.token);
await client.POST(`${address}/offboarding-steps`, {
  ...organization,
  body: { key: "badge", title: "Lock the badge", assigned_to_connection_id: door.data.id },
});

const preview = () =>
  client.GET(`${address}/users/{user_id}/removal-preview`, { params: { path: leaver } });
const remove = (tag: string | null) =>
  client.DELETE(`${address}/users/{user_id}`, {
    params: { path: leaver, header: { "If-Match": tag ?? "" } },
    body: { confirm: true },
  });
const seen = (await preview()).response.headers.get("ETag");
await client.PATCH(`${address}/offboarding-steps/{key}`, {
  params: { path: { organization_id, key: "badge" } },
  body: { title: "Badge" },
});
const changed = await remove(seen);
assert.equal(changed.response.status, 412);
assert.equal(changed.error?.error.code, "PRECONDITION_FAILED");
assert.equal((await remove((await preview()).response.headers.get("ETag"))).response.status, 204);

const mine = await program.GET(`${address}/offboarding-tasks`, {
  params: { path: { organization_id }, query: { assigned_to: "me", state: ["open"] } },
});
const task = mine.data?.items[0];
assert(task);
const closed = await program.PATCH(`${address}/offboarding-tasks/{task_id}`, {
  params: { path: { organization_id, task_id: task.id } },
  body: { state: "failed", note: "It is lost." },
});
assert.equal(closed.data?.closed_by_connection_id, door.data.id);
const restored = await client.POST(`${address}/users/{user_id}/restore`, {
  params: { path: leaver },
  body: { confirm: true },
});
for (const { key, id } of restored.data?.cancelled_tasks ?? []) {
  if (id === task.id) console.log(key);
}
"""


PROGRAMS = {"by_type": BY_TYPE, "hand_over": HAND_OVER}


@pytest.fixture(scope="module")
def generated(
    committed_db: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Production]]:
    """The folder of the generated types and of compiled programs that use them, and a server."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
    for name, program in PROGRAMS.items():
        (folder / f"{name}.ts").write_text(program)
    output_of("npm", "install", "--no-audit", "--no-fund", *PACKAGES, folder=folder)
    with serving("--workers", "1") as server:
        output_of(
            *("npx", "openapi-typescript", f"{server.url}/v1/openapi.json"),
            *("--output", "offboard.d.ts"),
            folder=folder,
        )
        output_of("npx", "tsc", *STRICT, *(f"{name}.ts" for name in PROGRAMS), folder=folder)
        yield folder, server


def test_it_registers_previews_removes_by_type_and_reads_who_has_what(
    generated: tuple[Path, Production],
) -> None:
    said = printed("by_type.js", *generated, interpreter="node")

    assert sorted(said.splitlines()) == WHO_HAS_WHAT


def test_it_removes_what_the_preview_said_and_a_program_closes_its_task(
    generated: tuple[Path, Production],
) -> None:
    assert printed("hand_over.js", *generated, interpreter="node") == "badge\n"
