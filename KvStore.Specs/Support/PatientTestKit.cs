namespace KvStore.Specs.Support;

/// <summary>For specs that wait for messages of actors by Akka's test kit.</summary>
internal static class PatientTestKit
{
    /// <summary>Instead of 3 s, which a machine that runs many specs at once may take for nothing.</summary>
    public const string Config = "akka.test.single-expect-default = 30s";
}
