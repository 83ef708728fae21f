using System.Buffers;
using System.Buffers.Binary;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>An exchange, from its first message to the server's sign that it is ready for the next one.</summary>
internal sealed record PostgresProxyExchange(PostgresWork Work);

/// <summary>
/// What the client sends. An exchange is forwarded from the moment on at which its statements tell what it is for: that is
/// early in a batch, so that one that is sent in pieces arrives in pieces.
/// </summary>
internal sealed class PostgresProxyRequests(PostgresProxyConnection connection, PostgresProxySocket client, PostgresProxySocket server)
    : PostgresProxyPump(connection, client, server, PostgresPoint.Place.RequestBytes)
{
    /// <summary>Bytes of an exchange after which its purpose is taken to be none that is known.</summary>
    private const int MostLookedAt = 64 << 10;

    private const int Cancellation = 80877102;
    private const int Version3 = 3 << 16;

    /// <summary>By their names. A prepared statement is not sent again, only its name.</summary>
    private readonly Dictionary<string, string> _prepared = [];

    private bool _hasStarted;
    private bool _isLastOfExchange;
    private bool _hasBegunStatement;
    private string _statement = "";

    protected override bool TryBegin(ReadOnlySequence<byte> bytes, bool isLast)
    {
        if (!_hasStarted)
        {
            return TryBeginStart(bytes);
        }

        if (!PostgresProxyMessage.TryRead(bytes, out var message) || !TryReadStatement(message, bytes, ref _statement))
        {
            return false;
        }

        // The others, such as an end or a password, are part of no exchange.
        if (Exchange is null && message.Type is 'P' or 'B' or 'D' or 'E' or 'C' or 'Q' or 'S' or 'H' or 'F')
        {
            if (Classify(bytes, isLast) is not { } work)
            {
                return false;
            }

            Enter(Connection.Open(work));
        }

        Begin(message.Length);
        _isLastOfExchange = message.Type is 'S' or 'Q' or 'F';
        if (message.Type == 'P' && message.TryReadParseName(bytes, out var name) && name.Length > 0)
        {
            _prepared[name] = _statement;
        }

        if (message.Type is 'P' or 'Q' || (message.Type == 'B' && !_hasBegunStatement))
        {
            Before(PostgresPoint.Before(_statement));
        }
        else if (message.Type == 'S')
        {
            Before(PostgresPoint.BeforeSync);
        }

        if (message.Type is 'E' or 'Q')
        {
            After(PostgresPoint.After(_statement));
        }

        // With a parse message, or where it is prepared with the one that binds it.
        _hasBegunStatement = message.Type is 'P' or 'B' || (_hasBegunStatement && message.Type == 'D');

        if (_isLastOfExchange)
        {
            After(PostgresPoint.AfterRequest);
        }

        return true;
    }

    protected override void Finish()
    {
        if (_isLastOfExchange)
        {
            Leave();
        }
    }

    /// <summary>The server still does what it has got, and its answers have nowhere to go.</summary>
    protected override void End(PostgresProxySocket other) => other.End();

    /// <summary>Leaves <paramref name="sql"/> as it is where the message has none.</summary>
    private bool TryReadStatement(PostgresProxyMessage message, ReadOnlySequence<byte> bytes, ref string sql)
    {
        switch (message.Type)
        {
            case 'P':
                return message.TryReadParse(bytes, out sql);
            case 'Q':
                return message.TryReadText(bytes, out sql);
            case 'B' when !message.TryReadBindName(bytes, out var name):
                return false;
            case 'B' when message.TryReadBindName(bytes, out var name) && _prepared.TryGetValue(name, out var prepared):
                sql = prepared;
                return true;
            default:
                return true;
        }
    }

    /// <summary>The first packet of a connection has no type.</summary>
    private bool TryBeginStart(ReadOnlySequence<byte> bytes)
    {
        Span<byte> head = stackalloc byte[8];
        if (bytes.Length < head.Length)
        {
            return false;
        }

        bytes.Slice(0, head.Length).CopyTo(head);
        var code = BinaryPrimitives.ReadInt32BigEndian(head[4..]);
        if (code is not (Cancellation or Version3))
        {
            throw new InvalidDataException(
                $"A connection starts with {code}: there must be no encryption (SSL Mode, Gss Encryption Mode).");
        }

        Enter(Connection.Open(code == Cancellation ? PostgresWork.Cancel : PostgresWork.Connect));
        Begin(BinaryPrimitives.ReadInt32BigEndian(head));
        After(PostgresPoint.AfterRequest);
        _hasStarted = true;
        _isLastOfExchange = true;
        return true;
    }

    /// <summary>Looks ahead.</summary>
    /// <returns>Null where more must have come first.</returns>
    private PostgresWork? Classify(ReadOnlySequence<byte> bytes, bool isLast)
    {
        var mayWait = !isLast && bytes.Length < MostLookedAt;
        while (PostgresProxyMessage.TryRead(bytes, out var message))
        {
            var sql = "";
            if (!TryReadStatement(message, bytes, ref sql))
            {
                break;
            }

            if (PostgresProxyWork.Of(sql) is { } work)
            {
                return work;
            }

            if (message.Type is 'S' or 'Q' or 'H' or 'F')
            {
                return PostgresWork.Other;
            }

            if (bytes.Length < message.Length)
            {
                break;
            }

            bytes = bytes.Slice(message.Length);
        }

        return mayWait ? null : PostgresWork.Other;
    }
}

/// <summary>What the server sends.</summary>
internal sealed class PostgresProxyAnswers(PostgresProxyConnection connection, PostgresProxySocket server, PostgresProxySocket client)
    : PostgresProxyPump(connection, server, client, PostgresPoint.Place.AnswerBytes)
{
    private bool _isLastOfExchange;

    protected override bool TryBegin(ReadOnlySequence<byte> bytes, bool isLast)
    {
        var tag = "";
        if (!PostgresProxyMessage.TryRead(bytes, out var message) || (message.Type == 'C' && !message.TryReadText(bytes, out tag)))
        {
            return false;
        }

        if (Exchange is null && Connection.Answered() is { } exchange)
        {
            Enter(exchange);
            Before(PostgresPoint.BeforeAnswer);
        }

        Begin(message.Length);
        _isLastOfExchange = message.Type == 'Z';
        if (message.Type == 'C')
        {
            Before(PostgresPoint.BeforeCompletion(tag));
        }
        else if (_isLastOfExchange)
        {
            Before(PostgresPoint.BeforeReady);
            After(PostgresPoint.AfterAnswer);
        }

        return true;
    }

    protected override void Finish()
    {
        if (_isLastOfExchange)
        {
            Connection.Close(Exchange);
            Leave();
        }
    }

    protected override void End(PostgresProxySocket other) => Connection.End();
}
