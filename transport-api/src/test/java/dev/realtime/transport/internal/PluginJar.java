package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles a provider and packs it, as somebody else would. */
final class PluginJar {
    private PluginJar() {}

    /** A jar in the folder, with one provider class of this transport name. */
    static Path build(Path folder, Path work, String className, String transport) throws IOException {
        return build(folder, work, className, transport, "");
    }

    static Path build(Path folder, Path work, String className, String transport, String constructor)
            throws IOException {
        Path sources = Files.createDirectories(work.resolve(className + "-src"));
        Path classes = Files.createDirectories(work.resolve(className + "-classes"));
        Path source = sources.resolve(className + ".java");
        Files.writeString(source, """
                package thirdparty;
                import dev.realtime.transport.*;
                import dev.realtime.transport.event.*;
                import dev.realtime.transport.settings.*;
                import dev.realtime.transport.spi.*;
                import java.time.Instant;
                import java.util.*;
                import java.util.concurrent.CompletableFuture;
                public final class %1$s implements PubSubAdapterProvider {
                    public %1$s() { %3$s }
                    public String name() { return "%2$s"; }
                    public Set<SettingKey> settings() { return Set.of(SettingKey.secret("REALTIME_%1$s_TOKEN")); }
                    public PubSubAdapter create(Settings settings, AdapterContext context) {
                        return new PubSubAdapter() {
                            public void start(DeliverySink sink) { sink.status(status()); }
                            public LogId logOf(String orgId) { return LogId.SHARED; }
                            public CompletableFuture<List<Position>> publish(List<Envelope> events) { throw new UnsupportedOperationException(); }
                            public LogPage read(String orgId, Position after, int most) { throw new UnsupportedOperationException(); }
                            public LogRange range(String orgId) { throw new UnsupportedOperationException(); }
                            public TransportStatus status() { return new TransportStatus(TransportStatus.State.DEGRADED, "%1$s", Instant.EPOCH); }
                            public void close() {}
                        };
                    }
                }
                """.formatted(className, transport, constructor));
        compile(source, classes);
        Path jar = folder.resolve(className + ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace('\\', '/')));
                out.write(Files.readAllBytes(file));
            }
            out.putNextEntry(new JarEntry("META-INF/services/dev.realtime.transport.spi.PubSubAdapterProvider"));
            out.write(("thirdparty." + className + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return jar;
    }

    private static void compile(Path source, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            null,
                            files,
                            null,
                            List.of(
                                    "-d",
                                    classes.toString(),
                                    "-proc:none",
                                    "-cp",
                                    System.getProperty("java.class.path")),
                            null,
                            files.getJavaFileObjects(source))
                    .call();
            assertThat(compiled).isTrue();
        }
    }
}
