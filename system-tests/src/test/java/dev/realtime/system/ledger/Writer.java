package dev.realtime.system.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Base64;
import java.util.Random;
import java.util.UUID;

/** A SQL session that publishes, and keeps the ledger. One thread. */
public final class Writer implements AutoCloseable {
    private final Connection connection;
    private final Ledger ledger;
    private Ledger.Transaction transaction;

    public Writer(Connection connection, Ledger ledger) {
        this.connection = connection;
        this.ledger = ledger;
        this.transaction = ledger.begin();
    }

    /** Begins a transaction; without, each statement is its own. */
    public Writer begin() throws SQLException {
        connection.setAutoCommit(false);
        transaction = ledger.begin();
        return this;
    }

    public Writer run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
        return this;
    }

    /** The first column of the first row. */
    public String ask(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    public int pid() throws SQLException {
        return Integer.parseInt(ask("SELECT pg_backend_pid()"));
    }

    /** Publishes an event, and returns its id. If it fails, it was never published. */
    public String publish() throws SQLException {
        return publish("{}");
    }

    /** Publishes an event of so many bytes. */
    public String publish(int bytes) throws SQLException {
        return publish("\"" + incompressible(bytes) + "\"");
    }

    private String publish(String payload) throws SQLException {
        String id = UUID.randomUUID().toString();
        if (connection.getAutoCommit()) {
            transaction = ledger.begin();
        }
        transaction.publishes(id);
        try (PreparedStatement publish = connection.prepareStatement("SELECT rt.publish(?, 'sql.made', ?, id => ?)")) {
            publish.setString(1, ledger.organisation());
            publish.setString(2, payload);
            publish.setString(3, id);
            publish.execute();
        } catch (SQLException e) {
            transaction.undone(id);
            throw e;
        }
        if (connection.getAutoCommit()) {
            transaction.committed();
        }
        return id;
    }

    /** Publishes an event to another organisation, which this ledger does not keep. */
    public Writer publishTo(String organisation) throws SQLException {
        return run("SELECT rt.publish('" + organisation + "', 'sql.made')");
    }

    /** Text of so many characters that no compression makes much smaller. */
    public static String incompressible(int length) {
        byte[] random = new byte[length * 3 / 4 + 1];
        new Random(length).nextBytes(random);
        return Base64.getEncoder().encodeToString(random).substring(0, length);
    }

    public Savepoint savepoint() throws SQLException {
        return connection.setSavepoint();
    }

    /**
     * Takes back what it published since.
     *
     * @param published since the savepoint
     */
    public Writer rollBackTo(Savepoint savepoint, String... published) throws SQLException {
        connection.rollback(savepoint);
        for (String id : published) {
            transaction.undone(id);
        }
        return this;
    }

    public void commit() throws SQLException {
        connection.commit();
        transaction.committed();
        connection.setAutoCommit(true);
    }

    public void rollBack() throws SQLException {
        connection.rollback();
        transaction.rolledBack();
        connection.setAutoCommit(true);
    }

    /** Notes that nobody knows what became of it. */
    public void doubt() {
        transaction.doubtful();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
