namespace KvStore.Specs.Robustness.Traffic;

/// <summary>An answer that the contract has not. Ends the reading of that answer, and of nothing else.</summary>
internal sealed class ContractException(string message) : Exception(message);
