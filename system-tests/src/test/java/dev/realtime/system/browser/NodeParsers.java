package dev.realtime.system.browser;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Parsers from npm. */
final class NodeParsers {
    private static final Npm PACKAGES = new Npm(
            Path.of("src", "test", "node"),
            Path.of("target", "node"),
            List.of("parsers.mjs"),
            Path.of("eventsource", "package.json"));

    private NodeParsers() {}

    /** Installs them. Where there is no Node, or npm cannot, the test is skipped; where CI=true, it fails. */
    static void requireInstalled() throws IOException {
        PACKAGES.requireInstalled();
    }

    /** What this parser makes of the stream: a JSON array of [event, id, data] for each frame. */
    static String parse(String parser, URI stream, List<String> names) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("parsers.mjs", parser, stream.toString()));
        arguments.addAll(names);
        return PACKAGES.node(arguments);
    }
}
