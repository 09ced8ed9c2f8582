#!/usr/bin/env python3
"""The checks check themselves: what they must find is found, what is fine is left alone."""

import tempfile
import unittest
from pathlib import Path

import layers
import sizes
import tally


class Layers(unittest.TestCase):
    def findings(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                Path(root, name).parent.mkdir(parents=True, exist_ok=True)
                Path(root, name).write_text(text, encoding="utf-8")
            return layers.check(Path(root))

    def refused(self, source, include, *others):
        files = {source: f"#include {include}\n"}
        if include.startswith('"'):
            files[include.strip('"')] = "#pragma once\n"
        self.assertEqual(len(self.findings(files)), 1, f"{source} includes {include}")

    def allowed(self, source, include):
        files = {source: f"#include {include}\n"}
        if include.startswith('"'):
            files[include.strip('"')] = "#pragma once\n"
        self.assertEqual(self.findings(files), [], f"{source} includes {include}")

    def test_upward_and_sideways_imports_are_found(self):
        for source, target in [
            ("core/base/a.h", "core/wire/b.h"),
            ("core/wire/a.h", "core/stun/b.h"),
            ("core/net/a.h", "core/punch/b.h"),
            ("core/punch/a.h", "core/nat/b.h"),
            ("core/punch/a.cpp", "core/relay/b.h"),
            ("core/transfer/a.h", "core/transport/quic_channel.h"),
            ("core/transfer/a.h", "core/net/b.h"),
            ("core/peer/a.cpp", "core/transfer/b.h"),
            ("core/peer/a.cpp", "core/engine.h"),
            ("core/engine.h", "core/engine/b.h"),
            ("core/newfolder/a.cpp", "app/gui/b.h"),
            ("app/cli/main.cpp", "core/peer/b.h"),
            ("app/cli/main.cpp", "app/gui/b.h"),
            ("app/gui/models/a.cpp", "app/gui/dialogs/b.h"),
            ("app/gui/widgets/a.cpp", "core/engine.h"),
            ("rendezvous/a.cpp", "core/net/b.h"),
        ]:
            self.refused(source, f'"{target}"')

    def test_forbidden_system_headers_are_found(self):
        self.refused("core/engine/core.cpp", "<QtGui/QColor>")
        self.refused("core/stun/a.cpp", "<sys/socket.h>")
        self.refused("core/punch/a.cpp", "<QTimer>")
        self.refused("core/transfer/a.cpp", "<QTcpSocket>")
        self.refused("app/cli/main.cpp", "<QApplication>")
        self.refused("rendezvous/a.cpp", "<QTcpServer>")

    def test_downward_imports_are_fine(self):
        self.allowed("core/wire/a.h", '"core/base/b.h"')
        self.allowed("core/transfer/a.h", '"core/transport/peer_channel.h"')
        self.allowed("core/peer/a.h", '"core/punch/b.h"')
        self.allowed("core/engine/core.cpp", '"core/transfer/b.h"')
        self.allowed("app/gui/pages/a.h", '"app/gui/widgets/b.h"')
        self.allowed("app/gui/main.cpp", '"core/engine.h"')
        self.allowed("app/cli/main.cpp", "<QCoreApplication>")
        self.allowed("rendezvous/server.cpp", '"rendezvous/accounts/b.h"')
        self.allowed("tests/unit/a_test.cpp", '"core/peer/b.h"')

    def test_a_missing_file_is_found(self):
        self.assertEqual(len(self.findings({"core/base/a.cpp": '#include "b.h"\n'})), 1)

    def test_cycles_are_found(self):
        pair = {"core/base/a.h": '#include "core/base/b.h"\n',
                "core/base/a.cpp": "", "core/base/b.h": "",
                "core/base/b.cpp": '#include "core/base/a.h"\n'}
        self.assertIn("cycle of files", self.findings(pair)[0])
        folders = {"rendezvous/x/a.h": '#include "rendezvous/y/a.h"\n', "rendezvous/y/a.h": "",
                   "rendezvous/y/b.h": '#include "rendezvous/x/b.h"\n', "rendezvous/x/b.h": ""}
        self.assertIn("cycle of folders", self.findings(folders)[0])


class Sizes(unittest.TestCase):
    def lengths(self, text):
        return {name: length for name, _, length in sizes.functions(text)}

    def test_measures_functions_of_every_shape(self):
        text = """
namespace a {
struct S {
    S(int x)
        : m_a{x}
        , m_b(x)
    {
        one();
    }
    int get() const { return m_a; }
    QString lambda() const
    {
        const auto f = [&](int y) {
            return "}";
        };
        return f(1); // }
    }
};
const int table[] = {
    1,
    2,
};
template<typename T> auto trailing(T t) -> std::vector<T>
{
    if (t) {
        return {};
    }
    return R"x( } )x";
}
}
"""
        self.assertEqual(self.lengths(text), {"S": 1, "get": 0, "lambda": 4, "trailing": 4})

    def test_findings(self):
        with tempfile.TemporaryDirectory() as root:
            long_function = "void f()\n{\n" + "    g();\n" * 61 + "}\n"
            Path(root, "long.cpp").write_text(long_function, encoding="utf-8")
            Path(root, "huge.h").write_text("int x;\n" * 601, encoding="utf-8")
            Path(root, "string_utils.h").write_text("\n", encoding="utf-8")
            Path(root, "fine.cpp").write_text(long_function.replace("    g();\n", "", 1),
                                              encoding="utf-8")
            found = sizes.check(root, ["long.cpp", "huge.h", "string_utils.h", "fine.cpp"])
        self.assertEqual([line.split(":")[0] for line in found],
                         ["long.cpp", "huge.h", "string_utils.h"])


class Tally(unittest.TestCase):
    def test_a_second_try_is_named_and_a_failed_one_fails(self):
        xml = """<testsuite>
            <testcase name="a.late" status="run"><system-out>ok</system-out></testcase>
            <testcase name="a.never" status="fail"><system-out>bad</system-out></testcase>
            </testsuite>"""
        printed = "".join(f"1/2 Test #1: {name} .....***Failed 0.1 sec\n"
                          for name in ("a.late", "a.never"))
        with tempfile.TemporaryDirectory() as root:
            Path(root, "stage.xml").write_text(xml, encoding="utf-8")
            Path(root, "stage.ctest").write_text(printed, encoding="utf-8")
            found = tally.Tally()
            found.read(Path(root))
        self.assertEqual((found.passed, found.failed, found.skipped), (1, 1, 0))
        self.assertEqual(found.remarks, ["FAILED  stage: a.never",
                                         "UNSTEADY stage: a.late passed at its second try"])


if __name__ == "__main__":
    unittest.main()
