"""The driver itself: that it would notice a request, an error and a folder; else the tests that use it prove nothing."""

from __future__ import annotations

from tests.interop import firefox


PAGE = """<!doctype html><meta charset="utf-8"><title>trial</title>
<input type="file" id="file"><input type="file" id="folder" webkitdirectory><button id="press">press</button>
<script>
  const got = [];
  for (const input of document.querySelectorAll("input")) {
    input.onchange = () => got.push(...[...input.files].map((file) => file.webkitRelativePath || file.name));
  }
  document.querySelector("#press").onclick = () => {
    console.error("oh");
    fetch("http://example.invalid/x").catch(() => got.push("refused"));
  };
</script>"""


def test_the_driver_sees_requests_complaints_files_and_folders(tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "folder/below").mkdir(parents=True)
    for name in ("folder/a.txt", "folder/below/b.txt"):
        (tmp_path / name).write_text(name)

    with firefox.running() as browser:
        browser.open(tmp_path / "page.html")
        quiet = browser.network(), list(browser.complaints)
        browser.set_files("#file", tmp_path / "folder/a.txt")
        browser.set_folder("#folder", tmp_path / "folder")
        browser.press("#press")
        browser.screenshot(tmp_path / "page.png")

        assert sorted(browser.wait("got.length === 4 && got")) == [
            "a.txt",
            "folder/a.txt",
            "folder/below/b.txt",
            "refused",
        ]
        assert quiet == ([], [])
        assert browser.network() == ["http://example.invalid/x"]
        assert "oh" in browser.complaints
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
